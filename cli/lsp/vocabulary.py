"""Texts that only certain values make sense for: languages, and the models that packages ship."""

from __future__ import annotations

from tunec.runtime.models.bundled import EMBEDDERS, MODELS

_LANGUAGES = {
    "en": "English", "zh": "Chinese", "ja": "Japanese", "ko": "Korean", "de": "German", "fr": "French",
    "es": "Spanish", "it": "Italian", "pt": "Portuguese", "nl": "Dutch", "pl": "Polish", "sv": "Swedish",
    "da": "Danish", "no": "Norwegian", "fi": "Finnish", "cs": "Czech", "ro": "Romanian", "hu": "Hungarian",
    "tr": "Turkish", "ca": "Catalan", "vi": "Vietnamese", "id": "Indonesian", "ru": "Russian", "uk": "Ukrainian",
    "bg": "Bulgarian", "sr": "Serbian", "el": "Greek", "ar": "Arabic", "fa": "Persian", "ur": "Urdu",
    "he": "Hebrew", "hi": "Hindi", "bn": "Bengali", "ta": "Tamil", "te": "Telugu", "th": "Thai", "my": "Burmese",
    "km": "Khmer", "lo": "Lao", "ka": "Georgian", "hy": "Armenian", "am": "Amharic", "bo": "Tibetan",
}  # fmt: skip

#: What a function is compared with, by its name: the text, and what it means.
VALUES_OF = {"lang": _LANGUAGES}

#: What `bundled("…")` names, by the kind of the operator.
BUNDLED = {
    "models": {name: f"package {bundle.distribution}" for name, bundle in MODELS.items()},
    "embedders": {name: f"package {bundle.distribution}" for name, bundle in EMBEDDERS.items()},
}
