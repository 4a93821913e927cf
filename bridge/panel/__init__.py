"""The meeting's page in the side bar of Zoom's own client, on the public listener, for those who are in the meeting."""
