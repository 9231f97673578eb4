# The authorization token that boto3 gets of the service argv[1], ecr or
# ecr-public, in the words of `iamra ecr token -o json`.
import base64
import json
import sys

import boto3
import botocore.exceptions

try:
    data = boto3.client(sys.argv[1]).get_authorization_token()["authorizationData"]
except botocore.exceptions.ClientError as error:
    sys.exit(error.response["Error"]["Code"])
# A list for private registries, an object for the public one.
data = data[0] if isinstance(data, list) else data
username, password = base64.b64decode(data["authorizationToken"]).decode().split(":", 1)
print(
    json.dumps(
        {
            "registry": data.get("proxyEndpoint", "").removeprefix("https://"),
            "username": username,
            "password": password,
            "expiresAt": data["expiresAt"].timestamp(),
        }
    )
)
