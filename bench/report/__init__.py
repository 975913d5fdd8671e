"""The report: a run's document, its figures, its tables and the page that shows them."""
