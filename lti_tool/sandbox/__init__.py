"""A small LMS to try the tool with and to test it against. It behaves like Canvas or like Moodle on request.

A sandbox: anyone who can reach it may be anyone. It listens on loopback only and is never part of a production install.
"""
