/** A file on its way up, with how far it is. */

import { ApiError } from "./api.js";

function problemOf(request) {
  try {
    return Object.assign({ code: "error", status: request.status }, JSON.parse(request.responseText));
  } catch (unreadable) {
    return { code: "error", status: request.status };
  }
}

/** Sends the file as a form, by POST or the method given; told(0…1) while it goes, then the answer. Throws ApiError. */
export function uploadTo(path, file, told, headers = {}, method = "POST") {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open(method, path);
    Object.keys(headers).forEach((name) => request.setRequestHeader(name, headers[name]));
    request.upload.onprogress = (event) => event.lengthComputable && told(event.loaded / event.total);
    request.upload.onload = () => told(1);
    request.onload = () =>
      request.status < 300 ? resolve(JSON.parse(request.responseText)) : reject(new ApiError(problemOf(request)));
    request.onerror = () => reject(new ApiError({ code: "offline" }));
    request.send(form);
  });
}
