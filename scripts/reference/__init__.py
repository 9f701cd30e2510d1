"""The pages of docs/reference that are printed from the code; `scripts.reference_pages` lists them."""
