"""The commands of `tunec`, one a file, each imported when it is called."""
