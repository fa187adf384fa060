"""What respondents are told where there is nothing to answer: a link that was cut off, one that ended, answers that are there already."""

from litestar import Response

from beleef.access.desk import AnyRequest
from beleef.feedback.respondent.drawing import told_page, words_for
from beleef.feedback.respondent.room import RespondentRoom
from beleef.feedback.respondent.walking import finished_page
from beleef.kernel.errors import BeleefError, Conflict, InvalidInput, NotFound, TooManyRequests
from beleef.ui.words import Words


def refused_page(room: RespondentRoom, request: AnyRequest, error: BeleefError) -> Response[str]:
    """Return the page that says kindly why something cannot be done.

    Raises:
        BeleefError: as it came, where respondents have no page of their own for it.
    """
    language = request.query_params.get("language", "")
    words = words_for(room, request, language)
    if isinstance(error, Conflict) and error.code == "survey_finished":
        return finished_page(room, request, language)
    title, paragraphs, status = _told(error, words)
    response = told_page(room, request, words, title, paragraphs, status=status)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _told(error: BeleefError, words: Words) -> tuple[str, tuple[str, ...], int]:
    match error:
        case TooManyRequests():
            return (
                words.gettext("One moment, please"),
                (
                    words.gettext("This page was opened very often from your network within a minute."),
                    words.gettext(
                        "Please go back in a minute and send it again: what you filled in is still there."
                    ),
                ),
                429,
            )
        case NotFound():
            return (
                words.gettext("This link does not work"),
                (
                    words.gettext("It may have been cut off on its way to you."),
                    words.gettext(
                        "Open the message again and follow the link from there, or copy the whole of it."
                    ),
                ),
                404,
            )
        case Conflict(code="survey_expired"):
            return (
                words.gettext("These questions are closed"),
                (words.gettext("The time for answering is over. Thank you for wanting to."),),
                410,
            )
        case Conflict():
            return (
                words.gettext("These questions are closed"),
                (words.gettext("We ask nothing here at the moment. Thank you for wanting to answer."),),
                410,
            )
        case InvalidInput(code="form_out_of_date"):
            return (
                words.gettext("This page is out of date"),
                (words.gettext("Please open the link again. What you sent before is kept."),),
                400,
            )
    raise error
