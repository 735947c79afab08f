"""The Presets page: the EQ in use as files, the library, files opened, and every word as one."""
