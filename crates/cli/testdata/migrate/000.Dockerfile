FROM public.ecr.aws/docker/library/python:slim-bullseye

ENV VAULT_ADDR=""
ENV VAULT_TOKEN=""
RUN mkdir -p /home/nobody
WORKDIR /home/nobody
COPY gen-cert.py .
RUN pip install --no-cache-dir --upgrade pip && \
    pip install --no-cache-dir hvac

RUN apt update && apt install -y jq && \
    apt clean

ADD --chmod=0755 https://rolesanywhere.amazonaws.com/releases/1.0.4/X86_64/Linux/aws_signing_helper ./

RUN mkdir -p /home/nobody/.aws/ && \
    chown -R nobody: /home/nobody
