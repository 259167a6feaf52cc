/** Instead of `nodemailer`, which is not installed: it prints what it is asked to send. */
export const createTransport = (options: { readonly host: string }) => ({
  sendMail: async (message: { readonly to: string; readonly subject: string }): Promise<void> => {
    await undefined
    console.log(`${options.host}: ${message.subject} to ${message.to}`)
  },
  close: (): void => console.log(`${options.host}: closed`)
})
