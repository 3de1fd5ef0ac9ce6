"""report: one static page from the rows of a study, and the answer in a sentence."""

from hemdata.report.answer import Answer, answer, answer_sentence
from hemdata.report.page import write_report

__all__ = ["Answer", "answer", "answer_sentence", "write_report"]
