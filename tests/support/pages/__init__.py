"""The pages of support, over HTTP and in a browser, on a running Beleef."""
