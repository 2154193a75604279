-- Takes the demo away. Only its own schema, and nothing of yours that is not in it.
drop schema if exists fab cascade;
