# Prints who the profile argv[1] is for the STS at argv[2].
import sys

import boto3

session = boto3.Session(profile_name=sys.argv[1])
print(session.client("sts", endpoint_url=sys.argv[2]).get_caller_identity()["Arn"])
