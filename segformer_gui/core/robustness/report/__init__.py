"""The report that one person sends to another: a page with its pictures, and files of scores."""
