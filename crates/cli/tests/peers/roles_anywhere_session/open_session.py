# Opens a session with the certificate set in the folder argv[1]; prints who it is.
import json
import os
import sys

from iam_rolesanywhere_session import IAMRolesAnywhereSession

folder = sys.argv[1]
session = IAMRolesAnywhereSession(
    trust_anchor_arn=os.environ["ANCHOR_ARN"],
    profile_arn=os.environ["PROFILE_ARN"],
    role_arn=os.environ["ROLE_ARN"],
    certificate=f"{folder}/cert.pem",
    certificate_chain=f"{folder}/chain.pem",
    private_key=f"{folder}/private.pem",
    region=os.environ["AWS_REGION"],
    endpoint=os.environ["AWS_ENDPOINT_URL_ROLESANYWHERE"].removeprefix("https://"),
    verify=os.environ["AWS_CA_BUNDLE"],
).get_session()
identity = session.client("sts").get_caller_identity()
print(json.dumps({"Arn": identity["Arn"]}))
