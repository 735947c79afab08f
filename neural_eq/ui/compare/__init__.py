"""The Compare page: models side by side on the data in use."""
