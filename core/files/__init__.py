"""Any file that people bring or take: readers, writers, formats."""
