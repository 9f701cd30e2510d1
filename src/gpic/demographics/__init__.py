"""PDS, MNS and ODS."""
