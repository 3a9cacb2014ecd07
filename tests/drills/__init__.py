"""Drills: promises tried again and again, each beside a control that must fail."""
