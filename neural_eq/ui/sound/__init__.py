"""The sound that plays on: served to the browser, heard and changed there, docked on every page."""
