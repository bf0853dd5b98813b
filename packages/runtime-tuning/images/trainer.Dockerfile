# The training program, for amd64. Built from packages/runtime-tuning, once for each set of pins:
#
#     docker build -f images/trainer.Dockerfile -t REGISTRY/trainer:VERSION .
#     docker build -f images/trainer.Dockerfile -t REGISTRY/trainer:VERSION-volta --build-arg PINS=requirements-volta.txt .
#
# torch for Linux comes with its CUDA libraries; the node brings the driver.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE}
ARG PINS=requirements.txt
COPY trainer/${PINS} /tmp/pins.txt
RUN pip install --no-cache-dir -r /tmp/pins.txt \
 && rm /tmp/pins.txt \
 && useradd --uid 1000 --create-home kaito
COPY trainer/kaito_trainer /opt/kaito/kaito_trainer
ENV PYTHONPATH=/opt/kaito PYTHONDONTWRITEBYTECODE=1 HF_HUB_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_PROGRESS_BARS=1
USER 1000:1000
CMD ["python", "-m", "kaito_trainer.supervise"]
