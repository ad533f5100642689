# artgan in an image, for this machine's Docker and as the image of jobs on Azure ML:
#
#   docker build -t artgan .                               CPU
#   docker build -t artgan:gpu --build-arg DEVICE=gpu .    with the CUDA libraries that this TensorFlow was built for
#   docker run --rm -it --user "$(id -u):$(id -g)" -v "$PWD:/work" artgan artgan demo
#   docker run --rm -it --gpus all ... artgan:gpu artgan train
#
# Pushed to the registry of a workspace: artgan submit --cluster NAME --image REGISTRY.azurecr.io/artgan:gpu
# The Python here is the one that runs are sent from, where that matters: --build-arg PYTHON=3.11
ARG PYTHON=3.12
FROM python:${PYTHON}-slim-bookworm

ARG DEVICE=cpu

# The container toolkit gives a container the GPU's driver where the image asks for it. Anyone may be the user: home is
# a place where all may write, as Azure ML is root and --user has no home.
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    PYTHONUNBUFFERED=1 \
    TF_CPP_MIN_LOG_LEVEL=2 \
    HOME=/home/artist
RUN mkdir -m 1777 /home/artist

# What artgan is built on comes first, so that a change of artgan itself does not bring it all again.
WORKDIR /opt/artgan
COPY pyproject.toml README.md LICENSE ./
COPY artgan/__init__.py artgan/
RUN case "$DEVICE" in cpu) extras="" ;; gpu) extras="[gpu]" ;; *) echo "DEVICE is cpu or gpu, not $DEVICE" >&2; exit 1 ;; esac \
    && pip install --no-cache-dir ".$extras"
COPY artgan artgan
RUN pip install --no-cache-dir --no-deps --force-reinstall .

# No ENTRYPOINT: a job's service runs its own command, "python entry.py", by the shell.
WORKDIR /work
CMD ["artgan", "--help"]
