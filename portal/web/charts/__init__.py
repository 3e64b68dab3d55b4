"""Pictures that the server draws: each module places one kind of shape, a template of the same name holds the SVG.

Numbers are in the picture's own units. Texts stand beside the shapes as HTML, so that they keep their size on a phone.
"""
