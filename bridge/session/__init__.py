"""One live stream: who is live, what an event means for it, and the tasks that keep it so."""
