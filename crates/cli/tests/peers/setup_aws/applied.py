# What there is in moto's IAM and ECR, and, for argv[1] "calls", the calls of the
# JSON form made there before.
import json
import re
import sys

import boto3

region = "eu-west-1"


def client(service):
    return boto3.client(service, region_name=region)


def make(document):
    known = {}

    def filled(value):
        if isinstance(value, str):
            return re.sub(r"\$\{(\w+)\}", lambda found: known[found[1]], value)
        if isinstance(value, list):
            return [filled(item) for item in value]
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        return value

    for call in document["calls"]:
        parameters = filled(call["parameters"])
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", call["operation"]).lower()
        if call["service"] == "rolesanywhere":
            # moto has none: botocore checks the parameters against the model.
            api = client("rolesanywhere")
            model = api.meta.service_model.operation_model(call["operation"])
            api._convert_to_request_dict(parameters, model, "http://127.0.0.1")
            kind = call["returns"]["name"].replace("_", "-")
            known[call["returns"]["name"]] = (
                f"arn:aws:rolesanywhere:{region}:{document['account']}:{kind}/x"
            )
        else:
            getattr(client(call["service"]), name)(**parameters)


if sys.argv[1] == "calls":
    make(json.load(sys.stdin))
iam, ecr = client("iam"), client("ecr")
roles = {}
for role in iam.list_roles()["Roles"]:
    name = role["RoleName"]
    policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
    roles[name] = {
        "trust": role["AssumeRolePolicyDocument"],
        "duration": role["MaxSessionDuration"],
        "policies": {
            policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in policies
        },
    }
repositories = {
    repository["repositoryName"]: json.loads(
        ecr.get_repository_policy(repositoryName=repository["repositoryName"])["policyText"]
    )
    for repository in ecr.describe_repositories()["repositories"]
}
print(json.dumps({"roles": roles, "repositories": repositories}))
