"""What commands share: opening specs and versions, showing diagnostics and progress, the summary, rewriting files."""
