"""From a plan to a published version: the build, what it forbids, and what can be said of it before and after."""
