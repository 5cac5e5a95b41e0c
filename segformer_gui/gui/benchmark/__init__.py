"""The window of the robustness benchmark."""
