"""Real servers for the tests: PostgreSQL, NATS, S3 and Spark Connect, each started once per run on 127.0.0.1.

To add a service, copy `spark.py`: a function that starts it in a folder and returns once it answers.
"""
