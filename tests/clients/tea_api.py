"""The SDK "Tea" as the script `tea.py` uses it: a client for all operations."""

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException

from checks import REGION, check, is_request_id, same, types


def refused(status, code, call, **fields):
    """Checks that a call fails as it should; returns the message of the server."""
    try:
        answer = call(**fields)
    except TeaException as error:
        same((error.statusCode, error.code), (status, code), f"the error `{error.message}`")
        types(error.data, str, "Code HostId Message Recommend RequestId", code)
        is_request_id(error.data["RequestId"])
        # With this the SDK would take the error for throttling.
        same(error.retry_after, None, f"when to try again after {code}")
        return error.data["Message"]
    raise AssertionError(f"expected {status} {code}, but {fields} succeeded: {answer}")


class Api:
    """The operations by their names, in the region unless told otherwise.

    `api.describe_instances(vpc_id=...)` makes the request of that operation,
    and returns the body of the answer once it looks like a success.
    """

    def __init__(self, endpoint, key, secret, protocol="http", **settings):
        key = {"access_key_id": key, "access_key_secret": secret}
        settings = {"endpoint": endpoint, "protocol": protocol, "read_timeout": 30_000, **settings}
        self.client = Client(Config(**key, **settings))

    def __getattr__(self, operation):
        name = "".join(word.capitalize() for word in operation.split("_"))

        def call(**fields):
            request = getattr(models, f"{name}Request")(**{"region_id": REGION, **fields})
            response = getattr(self.client, operation)(request)
            same(response.status_code, 200, f"the status of {name}")
            is_request_id(response.body.request_id)
            return response.body

        return call

    def generic(self, action, version, query=None, body=None):
        """Makes a call that this SDK has no operation for."""
        params = Params(
            action=action,
            version=version,
            protocol="HTTP",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        request = OpenApiRequest(query=query, body=body)
        answer = self.client.call_api(params, request, RuntimeOptions())
        same(answer["statusCode"], 200, f"the status of {action}")
        is_request_id(answer["body"]["RequestId"])
        return answer["body"]

    def new_group(self, vpc, **fields):
        group = self.create_security_group(vpc_id=vpc, **fields).security_group_id
        check(group.startswith("sg-"), f"a group is called {group}")
        return group

    def found_groups(self, **fields):
        rows = group_rows(self.describe_security_groups(**fields))
        return [one.security_group_id for one in rows]

    def rules(self, group, **fields):
        answer = self.describe_security_group_attribute(security_group_id=group, **fields)
        return answer.permissions.permission

    def rule(self, group, ports, **fields):
        """Returns the only rule of a group about some ports."""
        rules = [rule for rule in self.rules(group, **fields) if rule.port_range == ports]
        same(len(rules), 1, f"the number of rules about {ports}")
        return rules[0]


def group_rows(answer):
    return answer.security_groups.security_group


def ingress(ports, **fields):
    """A permission for TCP from one network, unless told otherwise."""
    fields = {"ip_protocol": "tcp", "source_cidr_ip": "10.0.0.0/8", **fields}
    return models.AuthorizeSecurityGroupRequestPermissions(port_range=ports, **fields)


def egress(ports, **fields):
    fields = {"ip_protocol": "tcp", "dest_cidr_ip": "10.0.0.0/8", **fields}
    return models.AuthorizeSecurityGroupEgressRequestPermissions(port_range=ports, **fields)
