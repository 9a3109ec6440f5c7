"""Folders of scripts as command lines: records, parameters, locked environments, graphs and their journal."""
