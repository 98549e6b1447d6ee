"""The language server behind `tunec lsp`: one file a feature, over one index of what every word of a spec means."""
