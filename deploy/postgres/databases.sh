#!/bin/sh
# Run once by the image of PostgreSQL, on an empty volume: a database and a user for the bridge, another one for Langflow.
set -eu
for name in zoom_bridge langflow; do
  psql --quiet --set ON_ERROR_STOP=1 --set name="$name" --set password="$POSTGRES_PASSWORD" --username postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
