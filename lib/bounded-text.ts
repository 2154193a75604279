/** The body of an answer that somebody else sends: read as far as it may be long, and cut off there. */

/**
 * @param longestBytes as they are once they are unpacked.
 * @throws Error where there is more, which is then left unread; and what reading throws.
 */
export async function boundedText(response: Response, longestBytes: number): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes += part.value.byteLength;
    if (bytes > longestBytes) {
      // Whoever sends without end need not agree that it is over.
      void reader.cancel().catch(() => {});
      throw new Error(`more than ${longestBytes} bytes`);
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}
