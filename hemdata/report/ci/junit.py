"""Findings as JUnit's XML, which every build server shows: a check is a test, what it finds makes it fail."""

import re
from xml.etree import ElementTree

from hemdata.curate.lint.check import at_least
from hemdata.curate.lint.run import Linted, checks

SHOWN = 50  # findings written out of a check
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(found: Linted, fail_on: str) -> str:
    """The findings as text.

    Args:
        fail_on: the severity from which on a check fails; a milder finding is the test's output.
    """
    graver = at_least(fail_on)
    suite = ElementTree.Element("testsuite", name=f"hemdata lint {found.dataset}")
    failures = skipped = 0
    for family, each in ((family, each) for family, its in checks().items() for each in its):
        if each.code not in found.made and each.code not in found.not_made:
            continue
        case = ElementTree.SubElement(suite, "testcase", classname=family, name=f"{each.code} {each.says}")
        rows = [finding for finding in found.findings if finding.code == each.code]
        lines = [": ".join(filter(None, (", ".join(row.ids), row.evidence))) for row in rows[:SHOWN]]
        lines += [f"and {len(rows) - SHOWN:,} more"] if len(rows) > SHOWN else []
        text = _NOT_XML.sub("\ufffd", "\n".join(lines))
        if each.code in found.not_made:
            ElementTree.SubElement(case, "skipped", message=f"needs {', '.join(found.not_made[each.code])}")
            skipped += 1
        elif rows and each.severity in graver:
            message = f"{len(rows):,} found. {each.advice}"
            ElementTree.SubElement(case, "failure", type=each.severity, message=message).text = text
            failures += 1
        elif rows:
            ElementTree.SubElement(case, "system-out").text = text
    suite.attrib |= {"tests": str(len(suite)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"
