"""Nothing is forgotten: the database that is written before anything is acted on."""
