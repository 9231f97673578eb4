aws ecr get-login-password --region ${REGION} | docker login --username AWS --password-stdin ${ACCOUNT_NUMBER}.dkr.ecr.${REGION}.amazonaws.com
docker build \
  --file Dockerfile . \
  --push \
  --tag ${ACCOUNT_NUMBER}.dkr.ecr.${REGION}.amazonaws.com/iamra:${IMAGE_TAG}
