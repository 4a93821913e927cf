"""Lists of given and family names and of ordinary words, of well-kept packages; read once, when first needed."""

from __future__ import annotations

import functools
import gzip
import json
import re
from importlib.resources import files
from typing import Final

from bridge.redaction.packages import needed_package
from bridge.redaction.persons import plain

NEAR_LOCALES: Final = (
    """en_US en_GB en_IE de_DE de_AT de_CH es_ES es_MX es_AR fr_FR fr_CA fr_BE pt_BR pt_PT""".split()
)
FAR_LOCALES: Final = """az_AZ cs_CZ da_DK en_IN en_KE en_NG en_PK et_EE fi_FI fr_DZ ga_IE ha_NG hr_HR hu_HU id_ID ig_NG it_IT lt_LT
        lv_LV nl_NL no_NO pl_PL ro_RO sk_SK sl_SI sv_SE sw tr_TR tw_GH vi_VN yo_NG zu_ZA""".split()
WORD_LANGUAGES: Final = ("en", "de", "es", "fr", "pt")
"""Those with a list of ordinary words."""
_NAME_IN_LIST: Final = re.compile(r"[^\W\d_]{3,}")
_FLOOR: Final = 60
_FAMILY_FLOOR: Final = 1000
_VERY_FREQUENT: Final = {"en": 15_000, "de": 300, "es": 8_000, "fr": 5_000, "pt": 5_000}
"""Counts of the package, whose sources differ in size by language."""
NEVER_NAMES: Final = frozenset(
    """iban email mail api sql java python json linux android google amazon apple server internet online podcast""".split()
)
"""Words of the trade that stand in the lists."""
_SHORT_NAMES: Final = frozenset(
    """abby alex andi basti ben beth bia bob chema dan deb don duda dudu flo fred gabi greg jeff jen jess jim jojo josh juanjo kate
    katie ken kenny kenji liz lola maggie mandy manolo manu matt meg mick mike nando nate nick nico paco pam pat pepe phil
    quique rafa rob robbie ron rudi sam seb sepp steffi steph sue susi ted tina tobi toni uli val vic vicky zach""".split()
)
"""How people are called for short."""
_OTHER_NAMES: Final = frozenset(
    """aanya aditi aditya ahmed aisha akiko akira ali amir amit anil anjali arjun ayumi bilal chen chidi chinedu chioma deepa
        deepak deniz dmitri dmitry emeka fatima farid feng fumiko gita haruki hassan hiroshi hussein ibrahim igor ikram
        ivan jamal jiang jing kamal karim kavita kenji khalid kofi kwame lakshmi layla leila lerato li ling mahmoud mei
        mohamed mohammed muhammad mustafa nadia naveen neha nikhil nikolai nkechi olga olena omar oksana oluwaseun pooja
        pradeep priya priyanka raj rajesh rahul ravi reza rohan sakura samir sandeep sanjay satoshi sergey sergei shreya
        sipho suresh sunita svetlana takashi tariq thabo thandiwe uma vijay vikram vladimir wei xin yasmin yuki yuko
        yusuf zainab zanele adebayo adaeze ngozi tunde funmilayo wanjiru makena kenta aiko naoko keiko daisuke kazuki
        yumi emi jin minh linh huong jennifer may june april hope faith joy grace art bob bill liam aidan niamh kareem hakim siobhan
        saoirse ciaran eoin xiomara itziar inaki aitor nerea ainhoa""".split()
)
"""Given names of large populations that the lists lack in Latin letters."""


@functools.lru_cache(maxsize=1)
def near_given_names() -> frozenset[str]:
    """Given names where English, German, Spanish, French and Portuguese are spoken, small and without accents."""
    return _read(NEAR_LOCALES, "first") | _OTHER_NAMES | _SHORT_NAMES


@functools.lru_cache(maxsize=8)
def home_given_names(language: str) -> frozenset[str]:
    """Given names of the countries where a language is spoken."""
    return (
        _read([locale for locale in NEAR_LOCALES if locale.startswith(language)], "first")
        | _OTHER_NAMES
        | _SHORT_NAMES
    )


@functools.lru_cache(maxsize=1)
def far_given_names() -> frozenset[str]:
    """Given names of other countries, which may be ordinary words of these languages."""
    return _read(FAR_LOCALES, "first") - near_given_names()


@functools.lru_cache(maxsize=1)
def family_names() -> frozenset[str]:
    """Family names of all these countries."""
    return _read(NEAR_LOCALES + FAR_LOCALES, "last")


@functools.lru_cache(maxsize=8)
def word_frequencies(language: str) -> dict[str, int]:
    """How frequent each word of a language is, small; some tens to some hundreds of thousands, names among them.

    Raises:
        RedactionError: The package is not installed.
    """
    place = files(needed_package("spellchecker", "pyspellchecker")) / "resources" / f"{language}.json.gz"
    frequencies: dict[str, int] = json.loads(gzip.decompress(place.read_bytes()))
    return frequencies


def is_word(word: str, languages: tuple[str, ...]) -> bool:
    """Whether a word in small letters is one of these languages' words, or an English one: those are said in all."""
    if any(
        word in word_frequencies(language) for language in ("en", *languages) if language in WORD_LANGUAGES
    ):
        return True
    return "es" in languages and _head(word) in _spanish_heads()


@functools.lru_cache(maxsize=1)
def _spanish_heads() -> frozenset[str]:
    """How Spanish words begin: the package knows few of their forms."""
    return frozenset(_head(word) for word in word_frequencies("es"))


def _head(word: str) -> str:
    return word[: max(4, len(word) - 2)]


def is_very_frequent(word: str, languages: tuple[str, ...]) -> bool:
    """Whether a word in small letters is so frequent that behind a given name it is no family name."""
    return any(
        word_frequencies(language).get(word, 0) > _VERY_FREQUENT[language]
        for language in languages
        if language in WORD_LANGUAGES
    )


def is_frequent(word: str, languages: tuple[str, ...], *, is_family: bool) -> bool:
    """Whether a word in small letters is a frequent one of these languages; of a family name more is asked.

    What is at the floor of the package's counts came from other lists, names among them; German has few counts.
    """
    least = _FAMILY_FLOOR if is_family else _FLOOR
    return any(
        word_frequencies(language).get(word, 0) > (0 if language == "de" else least)
        for language in languages
        if language in WORD_LANGUAGES
    )


def _read(locales: list[str], which: str) -> frozenset[str]:
    found = set[str]()
    for locale in locales:
        provider = needed_package(f"faker.providers.person.{locale}", "Faker").Provider
        for attribute in dir(provider):
            if attribute.startswith(which) and "name" in attribute and not attribute.endswith("pairs"):
                value = getattr(provider, attribute)
                for name in () if callable(value) else value:
                    words = _NAME_IN_LIST.findall(name)
                    found.update(plain(word) for word in words if word[0].isupper())
    return frozenset(found) - NEVER_NAMES
