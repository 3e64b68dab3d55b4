"""What goes over the wire under /api/goldpath/v1: serializers, from which the OpenAPI document is made."""
