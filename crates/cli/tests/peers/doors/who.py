# Prints who one is for the STS at argv[1], and with which access key id.
import sys

import boto3

session = boto3.Session()
sts = session.client("sts", endpoint_url=sys.argv[1])
print(sts.get_caller_identity()["Arn"], session.get_credentials().access_key)
