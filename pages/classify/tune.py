"""Step 3: fine-tuning, live: one at a time on this host, on a copy, with pause, stop and a budget."""

import pandas as pd
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

import ui
import viz
from host.jobs import FAILED, RUNNING, WAITING, Job
from pages.classify.lab import JOB, Lab, desk
from ui.exports import chart, downloads
from ui.i18n import decimal, percent, plural, t
from ui.layout import fail, problem_text, what_you_see
from viz.classify import figures as draw
from viz.classify.classifier import Outcome, outcome
from viz.classify.datasets import Dataset
from viz.classify.finetune import Costs, FineTuned, History, Settings, fine_tune, measure_costs
from viz.classify.scores import difference

RATES = (1e-4, 2e-5, 3e-5, 5e-5, 3e-4)
BUDGETS = (30, 60, 120, 300, 600)  # seconds
LINK = "k_job"  # the id of this tab's training, in its address


def show(lab: Lab) -> None:
    job = lab.job()
    busy = job is not None and not job.ended
    settings, budget = _form(lab, busy)
    if not busy:
        _announce(lab, settings, budget)
        if st.button(t("Empezar a ajustar"), type="primary", icon=":material/play_arrow:", key="k_start"):
            _start(lab, settings, budget)
            st.rerun()
    other = st.session_state.get(JOB)
    if other and job is None and not other[1].ended:
        st.info(t("Tu ajuste de otros textos sigue en marcha; uno nuevo lo detendrá."))
    if job:
        st.fragment(_live, run_every=1.0 if busy else None)(job)
        result = job.result  # read once: the desk's thread may let go of it at any moment
        if result:
            _result(lab, job.id, result)
        elif job.ended and not job.problem and not job.steps:
            st.info(t("Este ajuste se quitó de la cola antes de empezar."))
        elif job.ended and not job.problem:
            st.info(t("De este ajuste ya no queda el modelo: este ordenador solo guarda los últimos. Empieza otro."))


def _form(lab: Lab, busy: bool) -> tuple[Settings, float]:
    with st.container(border=True):
        a, b, c = st.columns(3)
        layers = ui.choose(
            t("Qué se entrena"),
            {
                n: t("Todo el modelo") if n == 0 else t("Solo las últimas {n} capas", n=n)
                for n in range(lab.model.layers)
            },
            "k_train",
            kind="selectbox",
            place=a,
            disabled=busy,
        )
        epochs = b.slider(t("Épocas"), 1, 10, 4, key="k_epochs", bind="query-params", disabled=busy)
        rate = ui.choose(
            t("Tasa de aprendizaje"),
            {rate: _rate(rate) for rate in RATES},
            "k_rate",
            kind="selectbox",
            place=c,
            disabled=busy,
            help=t("El artículo (A.3) usa 2e-5, 3e-5 o 5e-5 con un modelo cuatro veces mayor; los pequeños piden más."),
        )
        batch = a.selectbox(t("Textos por paso"), (16, 8, 32), key="k_batch", bind="query-params", disabled=busy)
        budget = b.select_slider(
            t("Presupuesto de tiempo"),
            BUDGETS,
            120,
            key="k_budget",
            bind="query-params",
            disabled=busy,
            format_func=lambda s: t("{n} s", n=s),
        )
        seed = c.number_input(
            t("Semilla"),
            0,
            9999,
            0,
            key="k_seed",
            bind="query-params",
            disabled=busy,
            help=t("La misma semilla en el mismo ordenador da el mismo resultado."),
        )
        random = st.toggle(
            t("Empezar con una capa al azar, como en el artículo"),
            key="k_random",
            bind="query-params",
            disabled=busy,
            help=t("Si no, la capa nueva aprende antes sobre el modelo congelado (LP-FT) y no lo estropea al empezar."),
        )
    settings = Settings(
        epochs=epochs, batch=batch, lr=rate, last_layers=layers or None, seed=int(seed), head_first=not random
    )
    return settings, float(budget)


def _announce(lab: Lab, settings: Settings, budget: float) -> None:
    """What it will cost, measured on this machine; not while another training would spoil the measure."""
    waiting = desk().length
    if waiting:
        st.caption(
            plural(
                waiting,
                "Hay un ajuste en marcha o en cola en este ordenador: el tuyo esperará su turno.",
                "Hay {n} ajustes en marcha o en cola en este ordenador: el tuyo esperará su turno.",
            )
        )
        return
    with st.spinner(t("Midiendo lo que tarda un paso…")):
        seconds = _costs(lab.model.name, id(lab.model), lab.data.key, settings.last_layers, lab).seconds(settings)
    if seconds <= budget:
        st.caption(t("Tardará unos {n} s en este ordenador.", n=decimal(seconds, 0)))
    else:
        st.caption(
            t(
                "Entero tardaría unos {n} s: con {budget} s se cortará hacia la época {epoch} y valdrá la mejor hasta "
                "ahí.",
                n=decimal(seconds, 0),
                budget=decimal(budget, 0),
                epoch=decimal(settings.epochs * budget / seconds, 1),
            )
        )


@st.cache_data(max_entries=60, ttl=900, show_spinner=False)
def _costs(name: str, identity: int, key: str, layers: int | None, _lab: Lab) -> Costs:
    train, dev = (_lab.data.split(split)[0] for split in ("train", "dev"))
    return measure_costs(_lab.model, train, dev, _lab.data.labels, Settings(last_layers=layers))


def say_if_lost() -> None:
    """A server that was started again gives an open tab a new session; what tells it of its training is its address."""
    mine = st.session_state.get(JOB)
    if mine:
        st.query_params[LINK] = mine[1].id  # again, after a visit to another page
    elif (job_id := st.query_params.get(LINK)) and job_id not in desk():
        st.warning(
            t("El entrenamiento de esta pestaña se perdió porque el servidor se reinició: empiézalo otra vez."),
            icon=":material/warning:",
        )


def _start(lab: Lab, settings: Settings, budget: float) -> None:
    """Queue the training; the thread sees plain values only, nothing of Streamlit."""
    earlier = st.session_state.get(JOB)
    if earlier:
        earlier[1].stop()
    job = Job(work=_work(lab.model, lab.data, settings, budget), alive=_watched())
    try:
        desk().submit(job)
    except viz.Problem as problem:
        fail(problem)
        st.stop()
    st.session_state[JOB] = (id(lab.model), lab.data.key), job


def _work(model: viz.Model, data: Dataset, settings: Settings, budget: float):
    def work(job: Job) -> FineTuned:
        return fine_tune(
            model,
            data.split("train"),
            data.split("dev"),
            data.labels,
            settings,
            on_step=job.on_step,
            on_epoch=job.on_epoch,
            cancel=job.cancelled,
            budget=budget,
        )

    return work


def _watched():
    """Whether this session's tab is still open. Another page of the app keeps it so: the training goes on."""
    context = get_script_run_ctx()
    assert context is not None  # a page is running
    session = context.session_id
    runtime = st.runtime.get_instance()
    return lambda: bool(runtime.is_active_session(session))


def _live(job: Job) -> None:
    """Drawn again every second while the job lives; the last time, the whole page is, to show the result."""
    if job.state == WAITING:
        st.info(t("En cola: {n} por delante. Puedes ir a otra página; deja la pestaña abierta.", n=desk().ahead(job)))
        if st.button(t("Salir de la cola"), key="k_leave"):
            job.stop()
        return
    if job.state == FAILED:
        assert job.problem is not None  # the desk writes it before the state
        fail(job.problem)
        return
    steps, epochs = list(job.steps), list(job.epochs)
    result = job.result
    if result and result.history.untrained:
        steps = []  # a curve of nothing
    if job.state == RUNNING:
        _buttons(job)
        last = steps[-1] if steps else None
        st.progress(
            last.step / last.steps if last else 0.0,
            t("Paso {step} de {steps}, {seconds} s", step=last.step, steps=last.steps, seconds=decimal(last.seconds, 0))
            if last
            else t("Midiendo antes de empezar…"),
        )
    if steps:
        planned = steps[-1].epoch * steps[-1].steps / steps[-1].step
        figure = draw.training(
            steps,
            epochs,
            loss=t("pérdida de cada paso"),
            accuracy=t("acierto en los textos de elegir"),
            x_title=t("épocas"),
            planned=planned,
        )
        best = max(epoch.dev_accuracy for epoch in epochs)
        chart(
            figure,
            "k_training",
            t("Pérdida {loss}; mejor acierto {best}", loss=decimal(steps[-1].loss), best=percent(best, 1)),
        )
    if job.ended:
        if st.session_state.get("classify_seen") is not job:
            st.session_state["classify_seen"] = job
            st.rerun()


def _buttons(job: Job) -> None:
    with st.container(horizontal=True):
        if job.paused:
            if st.button(t("Seguir"), icon=":material/play_arrow:", key="k_go"):
                job.resume()
                st.rerun(scope="fragment")
        elif st.button(t("Pausa"), icon=":material/pause:", key="k_pause"):
            job.pause()
            st.rerun(scope="fragment")
        if st.button(t("Parar"), icon=":material/stop:", key="k_stop"):
            job.stop()
            st.rerun(scope="fragment")


def _result(lab: Lab, job_id: str, result: FineTuned) -> None:
    history = result.history
    if history.untrained:
        st.warning(problem_text(history.untrained), icon=":material/warning:")
        return
    st.caption(_ending(history))
    if len(history.epochs) > 1 and history.best == 0:
        return  # the weights are those of the start: two equal maps would say nothing
    lab.prepare()
    with st.spinner(t("Midiendo el modelo ajustado…")):
        found = measured(job_id, lab.key, result, lab)
    frozen = lab.frozen_fit()
    gain, low, high = difference(lab.truth("test"), found.test.argmax(axis=1), frozen.test.argmax(axis=1))
    far = found.moved.iloc[found.moved["change"].argmax()]
    what_you_see(
        t(
            "Tras {seconds} s de ajuste, el modelo entero acierta {tuned} de los {n} textos de medir (entre {a} y "
            "{b}); la capa sobre el modelo congelado, {frozen}. La diferencia es de {gain} puntos (de {low} a {high} "
            "con un 95 % de confianza{luck}). Lo que más se movió: {part} ({change}).",
            seconds=decimal(history.seconds, 0),
            tuned=percent(found.score.accuracy, 1),
            n=len(lab.data.test),
            a=percent(found.score.accuracy_interval[0]),
            b=percent(found.score.accuracy_interval[1]),
            frozen=percent(frozen.score.accuracy, 1),
            gain=decimal(100 * gain, 1),
            low=decimal(100 * low, 1),
            high=decimal(100 * high, 1),
            luck=t(": podría ser azar") if low <= 0 <= high else "",
            part=_part(far["part"]),
            change=percent(far["change"], 1),
        )
    )
    st.header(t("El mapa de los textos de medir: antes y después"), anchor=False)
    texts, truth = lab.data.split("test")
    names = (t("Antes: [CLS] de la última capa"), t("Después: el mismo vector"))
    for column, name, points, share, key in zip(
        st.columns(2), names, found.points, found.agreement, ("k_before", "k_after"), strict=True
    ):
        with column:
            st.caption(t("{name}. Vecino de la misma etiqueta: {share}", name=name, share=percent(share)))
            chart(draw.text_map(points, texts, truth, lab.data.labels, height=360), key, name)
    st.header(t("Qué se movió"), anchor=False)
    figure = draw.moved(
        found.moved,
        [_part(part) for part in found.moved["part"]],
        x_title=t("cambio de los pesos, relativo a su tamaño"),
    )
    chart(figure, "k_moved", t("Cambio relativo de los pesos en cada parte del modelo"))
    downloads("k_steps", lambda: job_table(history), lambda: figure)


@st.cache_data(max_entries=20, show_spinner=False)
def measured(job_id: str, key: tuple, _result: FineTuned, _lab: Lab) -> Outcome:
    return outcome(_result, _lab.states, _lab.data)


def job_table(history: History) -> pd.DataFrame:
    return pd.DataFrame(history.steps)


def _ending(history: History) -> str:
    best = history.epochs[history.best]
    values = {"best": decimal(best.epoch, 1), "accuracy": percent(best.dev_accuracy, 1)}
    if len(history.epochs) == 1:
        return t("Se paró antes de acabar la primera época: quedan los pesos de ese momento.")
    if history.best == 0:
        return t("Ninguna época mejoró el punto de partida: se guarda la capa aprendida sobre el modelo congelado.")
    if history.ended == "budget":
        return t("Se acabó el tiempo. Se guarda la época {best}, la mejor (acierto {accuracy} al elegir).", **values)
    if history.ended == "cancelled":
        return t("Parado. Se guarda la época {best}, la mejor (acierto {accuracy} al elegir).", **values)
    return t("Terminado. Se guarda la época {best}, la mejor (acierto {accuracy} al elegir).", **values)


def _part(part: str) -> str:
    return t("embeddings") if part == "embeddings" else t("capa {layer}", layer=part)


def _rate(rate: float) -> str:
    return f"{rate:.0e}".replace("e-0", "e-")
