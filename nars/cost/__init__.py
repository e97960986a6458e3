"""What a candidate needs: by formula for many at once, counted on a built network, and by latency table."""
