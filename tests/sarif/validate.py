"""Validates documents of standard input, one a line, against a JSON schema.

    validate.py SCHEMA < DOCUMENTS

Prints every fault with its place; the exit code is 1 when there is one.
"""

import json
import sys

from jsonschema import Draft4Validator

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft4Validator.check_schema(schema)
validator = Draft4Validator(schema)
faults = 0
for number, line in enumerate(sys.stdin, 1):
    for fault in validator.iter_errors(json.loads(line)):
        place = "/".join(str(step) for step in fault.absolute_path)
        print(f"document {number}: {place}: {fault.message[:300]}")
        faults += 1
sys.exit(1 if faults else 0)
