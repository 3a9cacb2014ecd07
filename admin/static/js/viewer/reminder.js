/** 提醒我: a calendar file made in the page, ten minutes' notice (RFC 5545). */

const LINE = 24;

function stamp(when) {
  return new Date(when).toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "");
}

function escaped(text) {
  return text.replace(/[\\;,]/g, "\\$&").replace(/\n/g, "\\n");
}

// RFC 5545 §3.1: no line is longer than 75 octets; 24 characters are at most 72.
function folded(line) {
  const parts = [];
  for (let rest = Array.from(line); rest.length > 0; rest = rest.slice(LINE)) parts.push(rest.slice(0, LINE).join(""));
  return parts.join("\r\n ");
}

function calendarFile(broadcast, url, now) {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//stream_jobs//viewer//ZH",
    "BEGIN:VEVENT",
    "UID:" + broadcast.id,
    "DTSTAMP:" + stamp(now),
    "DTSTART:" + stamp(broadcast.starts_at),
    "DURATION:PT2H",
    "SUMMARY:" + escaped(broadcast.title),
    "URL:" + url,
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "DESCRIPTION:" + escaped(broadcast.title),
    "TRIGGER:-PT10M",
    "END:VALARM",
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return lines.map(folded).join("\r\n") + "\r\n";
}

export function downloadReminder(broadcast) {
  const text = calendarFile(broadcast, location.href, new Date());
  const url = URL.createObjectURL(new Blob([text], { type: "text/calendar" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "reminder.ics";
  document.body.appendChild(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
