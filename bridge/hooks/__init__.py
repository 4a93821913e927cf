"""Beside the journey, webhook endpoints are told what becomes of meetings: signed, stored before they are sent, and tried until they are taken."""
