"""Tests of feedback: what surveys may be, who is asked, what answers become, and what anonymity keeps."""
