#!/usr/bin/env node
// Prints who it is for STS: at once, and once more for each line that it is sent.
import { createInterface } from "node:readline";

import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const sts = new STSClient();
const say = async () => console.log((await sts.send(new GetCallerIdentityCommand())).Arn);

await say();
for await (const _ of createInterface({ input: process.stdin })) {
  await say();
}
