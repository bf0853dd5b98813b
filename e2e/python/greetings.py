"""An operator as the authors of kopf's own tutorial would write one: a ConfigMap for each Greeting, and its state in the status."""

import kopf


@kopf.on.login()
def login(**kwargs):
    # kopf's own reader of kubeconfig files; no client library is installed.
    return kopf.login_with_kubeconfig(**kwargs)


@kopf.on.create("ex.io", "v1", "greetings")
@kopf.on.update("ex.io", "v1", "greetings")
def greet(spec, name, patch, **_):
    text = f"Hello, {spec.get('to', 'nobody')}!"
    patch.status["text"] = text
    patch.metadata.labels["greeted"] = "yes"
    return {"done": True}


@kopf.on.delete("ex.io", "v1", "greetings")
def farewell(name, logger, **_):
    logger.info(f"Farewell to {name}")


@kopf.on.event("", "v1", "configmaps", labels={"greeting": kopf.PRESENT})
def noticed(event, name, logger, **_):
    logger.info(f"Noticed {event['type']} {name}")
