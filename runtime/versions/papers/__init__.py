"""The papers that a data set needs: for hubs, lawyers and auditors, written from the manifest and the ledger alone."""
