"""Articles for staff: the list with how each is used, the editor in both languages, publishing, versions, and what fits an answer."""

from collections.abc import Sequence
from typing import Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.kernel.clock import DAY
from beleef.kernel.errors import BeleefError, Conflict, InvalidInput
from beleef.metrics.api import share
from beleef.support.knowledge.model import Article, ArticleText, Publication, StoredArticle, Usage
from beleef.support.pages.help import Suggestion, suggested
from beleef.support.pages.parts import (
    FormPage,
    ListPage,
    SupportRoom,
    filled,
    frame,
    in_thread,
)
from beleef.ui.components import (
    Badge,
    Column,
    EmptyState,
    Figure,
    Link,
    Row,
    Table,
    Text,
    Time,
    refusal_note,
)
from beleef.ui.figures import figure_stat
from beleef.ui.forms import Checkbox, Field, Fieldset, Form, Hidden, Input, Option, Select, TextArea
from beleef.ui.words import LANGUAGES, NAMES, Words

_USAGE_DAYS: Final = 90


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the list, the editor, what keeps, publishes and withdraws, and the suggestions beside an answer."""
    return [*_reading(room), *_changing(room)]


def _reading(room: SupportRoom) -> list[HTTPRouteHandler]:
    @get("/knowledge", sync_to_thread=True)
    def listed(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        return room.desk.html("support/list.html", _list(room, visit))

    @get("/knowledge/edit", sync_to_thread=True)
    def edit(request: AnyRequest, name: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("support/list.html", _editor(room, visit, name))

    @get("/cases/suggestions", sync_to_thread=True)
    def suggestions(request: AnyRequest, q: str = "") -> list[Suggestion]:
        visit = room.desk.open(request, Role.agent)
        for_staff = visit.words.gettext("For staff only")
        return [
            Suggestion(
                title=one.title,
                summary=f"{for_staff}: {one.summary}" if one.internal else one.summary,
                href=f"/help/{one.name}",
            )
            for one in suggested(room, q, visit.words.language, internal=True, unfinished=True)
        ]

    return [listed, edit, suggestions]


def _changing(room: SupportRoom) -> list[HTTPRouteHandler]:
    @post("/knowledge/edit")
    async def save(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        try:
            name = await in_thread(_save, room, visit, given)
        except (InvalidInput, Conflict) as error:
            view = await in_thread(_form_page, room, visit, given, error)
            return room.desk.html("support/form.html", view, status=400)
        flash = visit.words.gettext("The draft is kept. Publish it to let it be read.")
        return room.desk.redirect(f"/knowledge/edit?name={name}", flash=flash)

    @post("/knowledge/{act:str}")
    async def act(request: AnyRequest, act: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        flash = await in_thread(_act, room, visit, act, given)
        to = "/knowledge" if act == "remove" else f"/knowledge/edit?name={filled(given, 'name')}"
        return room.desk.redirect(to, flash=flash)

    return [save, act]


def _list(room: SupportRoom, visit: Visit) -> ListPage:
    words, since = visit.words, room.now() - _USAGE_DAYS * DAY
    with room.database.read() as connection:
        found = room.knowledge.articles(connection)
        used = room.knowledge.usage(connection, since=since)
        visits, alone = room.knowledge.deflection(connection, since=since, now=room.now())
    may = visit.may(Role.editor)
    new = Link(text=words.gettext("New article"), href="/knowledge/edit")
    help_ = Link(text=words.gettext("What customers see"), href="/help")
    figures = (
        figure_stat(
            share("deflection", alone, visits),
            words,
            label=words.gettext("Visits that read an article and asked nothing"),
        ),
    )
    table = Table(
        caption=words.gettext("Articles"),
        columns=(
            Column(label=words.gettext("Article")),
            Column(label=words.gettext("State")),
            Column(label=words.gettext("Visits"), numeric=True),
            Column(label=words.gettext("Helped")),
            Column(label=words.gettext("Asked all the same"), numeric=True),
            Column(label=words.gettext("Changed")),
        ),
        rows=tuple(_row(one, used.get(one.article.name, Usage()), words, may=may) for one in found),
        empty=EmptyState(
            title=words.gettext("No articles yet"),
            text=words.gettext("Write down what customers ask most; it is offered to them while they type."),
            icon="document",
            action=new if may else None,
        ),
    )
    return ListPage(
        page=frame(
            visit,
            words.gettext("Knowledge"),
            active="knowledge",
            actions=(new, help_) if may else (help_,),
            lead=words.gettext(
                "Answers that customers find by themselves; figures of the last %(days)s days.",
                days=_USAGE_DAYS,
            ),
        ),
        figures=figures if found else (),
        tables=(table,),
    )


def _row(one: StoredArticle, usage: Usage, words: Words, *, may: bool) -> Row:
    article = one.article
    title, detail = article.title(words.language), article.topic or None
    href = f"/knowledge/edit?name={article.name}" if may else f"/help/{article.name}"
    said = usage.helped + usage.did_not_help
    helped = words.gettext("%(yes)s of %(all)s", yes=words.number(usage.helped), all=words.number(said))
    return Row(
        cells=(
            Link(text=title, href=href, detail=detail),
            _state(one, words),
            Figure(text=words.number(usage.visits)),
            Text(text=helped if said else "—"),
            Figure(text=words.number(usage.asked)),
            Time(moment=one.updated_at),
        )
    )


def _state(one: StoredArticle, words: Words) -> Badge:
    if not one.is_public:
        return Badge(text=words.gettext("draft"))
    if one.is_changed:
        return Badge(text=words.gettext("public, draft changed"), tone="warn")
    if one.article.internal:
        return Badge(text=words.gettext("for staff"), tone="accent")
    return Badge(text=words.gettext("public"), tone="good")


def _editor(room: SupportRoom, visit: Visit, name: str) -> ListPage:
    words = visit.words
    given, stored = Answers(), None
    versions: list[Publication] = []
    tables: tuple[Table, ...] = ()
    if name:
        with room.database.read() as connection:
            stored = room.knowledge.article(connection, name)
            versions = room.knowledge.versions(connection, name)
        given = _to_answers(stored.article)
        rows = tuple(
            Row(
                cells=(
                    Figure(text=words.number(one.version)),
                    Text(text=one.published_by),
                    Time(moment=one.published_at, exact=True),
                )
            )
            for one in versions
        )
        columns = (words.gettext("Version"), words.gettext("By"), words.gettext("When"))
        tables = (
            (
                Table(
                    caption=words.gettext("Publications"),
                    columns=tuple(Column(label=one) for one in columns),
                    rows=rows,
                    show_caption=True,
                ),
            )
            if rows
            else ()
        )
    form = _form_page(room, visit, given)
    acts = _acts(stored, versions, words) if stored else ()
    is_internal = stored is not None and stored.article.internal
    seen_by = words.gettext("What colleagues see") if is_internal else words.gettext("What customers see")
    see = (Link(text=seen_by, href=f"/help/{name}"),)
    page = frame(
        visit,
        form.page.title,
        active="knowledge",
        up=(_to_list(words),),
        actions=see if stored and stored.is_public else (),
    )
    return ListPage(page=page, forms=(*acts, form.form), form_titles=("",) * (len(acts) + 1), tables=tables)


def _acts(stored: StoredArticle, versions: Sequence[Publication], words: Words) -> tuple[Form, ...]:
    def form(act: str, submit: str, *fields: Field) -> Form:
        every = (Hidden(name="name", value=stored.article.name), *fields)
        return Form(name=act, action=f"/knowledge/{act}", sections=(Fieldset(fields=every),), submit=submit)

    made = []
    if stored.is_changed or not stored.is_public:
        made.append(form("publish", words.gettext("Publish the draft")))
    if stored.is_public:
        made.append(form("withdraw", words.gettext("Let it be read no more")))
    else:
        made.append(form("remove", words.gettext("Remove the article")))
    earlier = tuple(
        Option(value=str(one.version), label=f"{one.version} · {words.moment(one.published_at)}")
        for one in versions
        if one.article != stored.article
    )
    if earlier:
        version = Select(name="version", label=words.gettext("Publication"), options=earlier)
        made.append(form("restore", words.gettext("Make it the draft again"), version))
    return tuple(made)


def _form_page(
    room: SupportRoom,  # noqa: ARG001 -- called like the other forms, in a thread
    visit: Visit,
    given: Answers,
    error: BeleefError | None = None,
) -> FormPage:
    words, was = visit.words, filled(given, "was")
    title = words.gettext("Article “%(name)s”", name=was) if was else words.gettext("New article")
    return FormPage(
        page=frame(visit, title, active="knowledge", up=(_to_list(words),)),
        note=refusal_note(error, visit.words),
        form=Form(
            name="article",
            action="/knowledge/edit",
            sections=(
                Fieldset(fields=_naming(given, was, words)),
                *(Fieldset(legend=NAMES[one], fields=_texts(given, one, words)) for one in LANGUAGES),
            ),
            submit=words.gettext("Keep the draft"),
            cancel=Link(text=words.gettext("Cancel"), href="/knowledge"),
        ),
    )


def _naming(given: Answers, was: str, words: Words) -> tuple[Field, ...]:
    name: Field = (
        Hidden(name="name", value=was)
        if was
        else Input(
            name="name",
            label=words.gettext("Name in the address"),
            value=given.get("name", ""),
            help=words.gettext("Small letters, digits and -; it does not change later."),
            autocomplete="off",
        )
    )
    topic = Input(name="topic", label=words.gettext("Topic"), value=given.get("topic", ""), required=False)
    internal = Checkbox(
        name="internal", label=words.gettext("For staff only"), checked=bool(given.get("internal"))
    )
    return (name, Hidden(name="was", value=was), topic, internal)


def _texts(given: Answers, language: str, words: Words) -> tuple[Field, ...]:
    return (
        Input(
            name=f"title_{language}",
            label=words.gettext("Title"),
            value=given.get(f"title_{language}", ""),
            help=words.gettext("The question, as a customer asks it."),
            required=False,
        ),
        Input(
            name=f"summary_{language}",
            label=words.gettext("The answer in a sentence"),
            value=given.get(f"summary_{language}", ""),
            required=False,
        ),
        TextArea(
            name=f"body_{language}",
            label=words.gettext("The whole answer"),
            value=given.get(f"body_{language}", ""),
            rows=10,
            help=words.gettext("## begins a heading, - an item, 1. a step; an empty line a paragraph."),
            required=False,
        ),
    )


def _to_answers(article: Article) -> Answers:
    pairs = [("name", article.name), ("was", article.name), ("topic", article.topic)]
    pairs += [("internal", "yes")] if article.internal else []
    for language, text in article.texts.items():
        pairs += [
            (f"title_{language}", text.title),
            (f"summary_{language}", text.summary),
            (f"body_{language}", text.body),
        ]
    return Answers(pairs)


def _save(room: SupportRoom, visit: Visit, given: Answers) -> str:
    texts: dict[str, ArticleText] = {
        one: ArticleText(
            title=filled(given, f"title_{one}"),
            summary=filled(given, f"summary_{one}"),
            body=filled(given, f"body_{one}"),
        )
        for one in LANGUAGES
        if any(filled(given, f"{part}_{one}") for part in ("title", "summary", "body"))
    }
    article = Article(
        name=filled(given, "name"),
        texts=texts,
        topic=filled(given, "topic")[:80],
        internal=bool(given.get("internal")),
    )
    with room.database.write() as connection:
        room.knowledge.save(
            connection, article, by=visit.actor.name, now=room.now(), new=not filled(given, "was")
        )
    return article.name


def _act(room: SupportRoom, visit: Visit, act: str, given: Answers) -> str:
    words, name = visit.words, filled(given, "name")
    with room.database.write() as connection:
        if act == "publish":
            room.knowledge.publish(connection, name, by=visit.actor.name, now=room.now())
            flash = words.gettext("The article is public.")
        elif act == "withdraw":
            room.knowledge.withdraw(connection, name)
            flash = words.gettext("The article is read no more; its publications stay.")
        elif act == "restore":
            version = filled(given, "version")
            number = int(version) if version.isascii() and version.isdecimal() and len(version) < 9 else 0
            room.knowledge.restore(connection, name, number, by=visit.actor.name, now=room.now())
            flash = words.gettext("The draft says what that publication said. Publish it to let it be read.")
        elif act == "remove":
            room.knowledge.delete(connection, name)
            flash = words.gettext("The article is removed.")
        else:
            raise InvalidInput("There is no such act.", hint="Use the buttons of the page.")
    room.record(visit.actor, f"knowledge.{act}", name, {})
    return flash


def _to_list(words: Words) -> Link:
    return Link(text=words.gettext("Knowledge"), href="/knowledge")
