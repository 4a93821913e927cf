# The bridge alone: no Langflow, no stand-in for Zoom, no compiler, nothing that is not locked by hash. docs/deploy.md
#   docker build -t zoom-bridge:0.3.0 .                       the bridge
#   docker build -t zoom-stand-in:0.3.0 --target stand-in .   the same with the stand-in for Zoom, for tries without an account
ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
COPY deploy/requirements.txt deploy/requirements-build.txt deploy/
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r deploy/requirements-build.txt \
 && python -m venv --without-pip /opt/zoom-bridge \
 && pip --python /opt/zoom-bridge/bin/python install --no-cache-dir --require-hashes --only-binary :all: -r deploy/requirements.txt
COPY pyproject.toml README.md LICENSE hatch_build.py extension.json ./
COPY components components
COPY flows flows
COPY bridge bridge
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /opt/wheel . \
 && pip --python /opt/zoom-bridge/bin/python install --no-cache-dir --no-deps --no-index /opt/wheel/*.whl \
 && rm -r /opt/zoom-bridge/lib/python3*/site-packages/bridge/simulator /opt/zoom-bridge/lib/python3*/site-packages/bridge/demo
COPY deploy/ready.py /opt/zoom-bridge/

FROM build AS build-stand-in
RUN pip --python /opt/zoom-bridge/bin/python install --no-cache-dir --no-deps --no-index --force-reinstall /opt/wheel/*.whl

FROM python:${PYTHON} AS runtime
LABEL org.opencontainers.image.title="zoom-bridge" \
      org.opencontainers.image.description="Zoom's live meeting transcript into Langflow flows" \
      org.opencontainers.image.version="0.3.0" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 zoom-bridge \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin zoom-bridge \
 && install -d -o 10001 -g 10001 -m 0700 /data
# TMPDIR: what the store could not commit yet lies there, and has to outlive the container.
ENV PATH=/opt/zoom-bridge/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TMPDIR=/data \
    BRIDGE_HOST=0.0.0.0
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
# A bridge that is started while another one still has the store waits a minute for it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 CMD ["python", "-IS", "/opt/zoom-bridge/ready.py"]
ENTRYPOINT ["zoom-bridge"]
CMD ["serve", "--log-json"]

FROM runtime AS stand-in
COPY --from=build-stand-in /opt/zoom-bridge /opt/zoom-bridge

FROM runtime AS bridge
COPY --from=build /opt/zoom-bridge /opt/zoom-bridge
