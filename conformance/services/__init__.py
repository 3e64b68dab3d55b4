"""The verbs of conformance, a module for each subject: what pages, the APIs, tasks and commands call.

Import the module and call its verbs by its name: `from conformance.services import waivers`, `waivers.approve(...)`.
"""
